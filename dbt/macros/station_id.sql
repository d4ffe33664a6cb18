{#
  A published station id as it was before a program took it for a number. Modern ids of New York
  have four digits, a point and two digits: 5379.1 or 5379.1000001 was 5379.10, and 3000 or 3000.0
  was 3000.00. Files of Jersey City have rides to stations of New York, but their own numbers are
  whole ones of the legacy era: without another digit behind the point, they stay. Legacy ids are
  whole numbers: 72.0 was 72. Other ids (JC013, SYS038, 5379.105) have no such form.
#}
{% macro station_id(column, ride_id, source) -%}
    {{ return(adapter.dispatch('station_id')('trim(' ~ column ~ ')', ride_id, source)) }}
{%- endmacro %}

{% macro duckdb__station_id(id, ride_id, source) -%}
    {%- set number = 'try_cast(' ~ id ~ ' as double)' -%}
    case
        when {{ id }} = '' then null
        when {{ ride_id }} is null then regexp_replace({{ id }}, '^([0-9]+)[.]0*$', '\1')
        when length({{ id }}) = 7 then {{ id }}
        when not regexp_matches({{ id }}, '^[0-9]{4}([.][0-9]*)?$') then {{ id }}
        when {{ source }} <> 'citibike' and {{ number }} = floor({{ number }}) then {{ id }}
        -- Hundredths as a floating-point number has them.
        when abs(100 * {{ number }} - round(100 * {{ number }})) < 0.001
            then printf('%.2f', {{ number }})
        else {{ id }}
    end
{%- endmacro %}

{% macro spark__station_id(id, ride_id, source) -%}
    {%- set number = 'try_cast(' ~ id ~ ' as double)' -%}
    case
        when {{ id }} = '' then null
        when {{ ride_id }} is null then regexp_replace({{ id }}, '^([0-9]+)[.]0*$', '$1')
        when length({{ id }}) = 7 then {{ id }}
        when not {{ id }} rlike '^[0-9]{4}([.][0-9]*)?$' then {{ id }}
        when {{ source }} <> 'citibike' and {{ number }} = floor({{ number }}) then {{ id }}
        -- Hundredths as a floating-point number has them.
        when abs(100 * {{ number }} - round(100 * {{ number }})) < 0.001
            then format_string('%.2f', {{ number }})
        else {{ id }}
    end
{%- endmacro %}
