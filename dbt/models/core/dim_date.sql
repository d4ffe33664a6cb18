with days as (

    select * from {{ ref('int_days__loaded') }}
    where is_in_loaded_month

),

holidays as (

    select * from {{ ref('stg_pipeline__federal_holidays') }}

),

holiday_names as (

    select
        holiday_date,
        min(holiday_name) as holiday_name

    from holidays
    group by holiday_date

),

dated as (

    select
        date_day,
        {{ date_key('date_day') }} as date_key,
        {{ day_of_week('date_day') }} as day_of_week,
        cast({{ dbt.dateadd('day', 1, 'date_day') }} as date) as next_day

    from days

),

final as (

    select
        dated.date_key,
        dated.date_day,
        cast(extract(year from dated.date_day) as smallint) as year_number,
        cast(extract(quarter from dated.date_day) as smallint) as quarter_of_year,
        cast(extract(month from dated.date_day) as smallint) as month_of_year,
        {{ date_part_name('month', 'dated.date_day') }} as month_name,
        cast(extract(week from dated.date_day) as smallint) as week_of_year,
        cast(extract(day from dated.date_day) as smallint) as day_of_month,
        cast(extract(doy from dated.date_day) as smallint) as day_of_year,
        dated.day_of_week,
        {{ date_part_name('day', 'dated.date_day') }} as day_name,
        dated.day_of_week >= 6 as is_weekend,
        dated.day_of_week < 6 as is_weekday,
        holiday_names.holiday_name is not null as is_holiday,
        holiday_names.holiday_name,
        extract(day from dated.date_day) = 1 as is_month_start,
        extract(day from dated.next_day) = 1 as is_month_end,
        extract(day from dated.date_day) = 1
        and extract(month from dated.date_day) in (1, 4, 7, 10) as is_quarter_start,
        extract(day from dated.next_day) = 1
        and extract(month from dated.next_day) in (1, 4, 7, 10) as is_quarter_end,
        extract(doy from dated.date_day) = 1 as is_year_start,
        extract(doy from dated.next_day) = 1 as is_year_end

    from dated
    left join holiday_names on dated.date_day = holiday_names.holiday_date

)

select * from final
