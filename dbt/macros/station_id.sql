{#
  A published station id as it was before a program took it for a number. Modern ids of New York
  have four digits, a point and two digits: 5379.1 was 5379.10, and 3000.0 or 3000 was 3000.00.
  Legacy ids are whole numbers: 72.0 was 72. Other ids (JC013, SYS038) have no such form.
#}
{% macro station_id(column, ride_id, source) -%}
    {{ return(adapter.dispatch('station_id')('trim(' ~ column ~ ')', ride_id, source)) }}
{%- endmacro %}

{% macro duckdb__station_id(id, ride_id, source) -%}
    case
        when {{ id }} = '' then null
        when {{ ride_id }} is null then regexp_replace({{ id }}, '^([0-9]+)[.]0+$', '\1')
        when length({{ id }}) = 7 or {{ source }} <> 'citibike' then {{ id }}
        when regexp_matches({{ id }}, '^[0-9]{4}[.][0-9]$') then {{ id }} || '0'
        when regexp_matches({{ id }}, '^[0-9]{4}[.]?$') then left({{ id }}, 4) || '.00'
        else regexp_replace({{ id }}, '^([0-9]{4}[.][0-9]{2})0+$', '\1')
    end
{%- endmacro %}
