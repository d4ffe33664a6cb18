with zones as (

    select * from {{ ref('stg_tlc__taxi_zones') }}

),

-- The lookup has had NV, NA and N/A as names of the two zones that are no places.
named as (

    select
        cast(location_id as smallint) as location_key,
        case location_id
            when {{ var('unknown_zone_id') }} then 'Unknown'
            when {{ var('outside_zone_id') }} then 'Outside NYC'
            else borough
        end as borough,
        case location_id
            when {{ var('unknown_zone_id') }} then 'Unknown'
            when {{ var('outside_zone_id') }} then 'Outside NYC'
            else zone_name
        end as zone_name,
        service_zone

    from zones

),

final as (

    select
        location_key,
        borough,
        zone_name,
        service_zone,
        case
            when location_key in ({{ var('airport_zones') | join(', ') }}) then 'airport'
            when service_zone = 'Yellow Zone' then 'core'
            when service_zone = 'Boro Zone' then 'outer'
            else 'none'
        end as tier,
        case
            when location_key in ({{ var('airport_zones') | join(', ') }}) then 'Airports'
            when service_zone = 'Yellow Zone' then 'Manhattan core'
            when borough = 'Manhattan' then 'Upper Manhattan'
            when service_zone = 'Boro Zone' then 'Outer boroughs'
            else borough
        end as region,
        location_key in ({{ var('airport_zones') | join(', ') }}) as is_airport,
        coalesce(service_zone = 'Yellow Zone', false) as is_yellow_zone,
        coalesce(service_zone = 'Boro Zone', false) as is_boro_zone,
        location_key in ({{ var('hub_zones') | join(', ') }}) as is_hub,
        location_key in ({{ var('tourist_zones') | join(', ') }}) as is_tourist,
        location_key in ({{ var('business_zones') | join(', ') }}) as is_business,
        location_key in ({{ var('high_demand_zones') | join(', ') }}) as is_high_demand

    from named

)

select * from final
