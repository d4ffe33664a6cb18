{#
  Runs SQL statements, by dbt run-operation: the pipeline declares the files of the raw layer to
  Spark in the session in which dbt then builds the models (pipeline/warehouse/lake.py).
#}
{% macro run_statements(statements) %}
    {%- for statement in statements -%}
        {%- do run_query(statement) -%}
    {%- endfor -%}
{% endmacro %}
