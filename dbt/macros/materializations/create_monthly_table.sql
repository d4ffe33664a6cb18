{# Spark: a table with a partition for each source_month, of the rows of a query. #}
{% macro create_monthly_table(relation, sql) -%}
    create table {{ relation }}
    using parquet
    partitioned by (source_month)
    as {{ in_few_files(sql) }}
{%- endmacro %}
