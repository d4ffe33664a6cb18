{# Stops before a monthly table is made with the months of this run alone, where the marts hold others: it would lack those. #}
{% macro assert_no_other_months() %}
    {%- set others -%}
        select count(*) as months from {{ source('raw_data', 'built') }}
        where {{ is_monthly('source') }} and not {{ in_months('source_month') }}
    {%- endset -%}
    {%- if run_query(others).columns[0][0] > 0 -%}
        {%- do exceptions.raise_compiler_error(this ~ ' is not there, and other months are built: it lacks them; build all months anew') -%}
    {%- endif -%}
{% endmacro %}
