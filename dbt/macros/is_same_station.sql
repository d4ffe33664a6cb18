{#
  Whether the stations of two rides, such as later.start and earlier.start, may be the same: their
  ids, names or positions (to about 50 m) are equal, or one of the rides has neither name nor
  position. Equal stations have other ids in files of another era.
#}
{% macro is_same_station(later, earlier) -%}
    {%- set is_same_name -%}
        lower(trim({{ later }}_station_name)) = lower(trim({{ earlier }}_station_name))
    {%- endset -%}
    {%- set is_same_position -%}
        abs({{ later }}_latitude - {{ earlier }}_latitude) < 0.0005
        and abs({{ later }}_longitude - {{ earlier }}_longitude) < 0.0005
    {%- endset -%}
    case
        when {{ later }}_station_id = {{ earlier }}_station_id then true
        when {{ is_same_name }} then true
        when {{ is_same_position }} then true
        else coalesce({{ is_same_name }}, {{ is_same_position }}, true)
    end
{%- endmacro %}
