{# The names of a relation's columns; empty while dbt parses the project. #}
{% macro columns_of(relation) %}
    {{ return(get_columns_in_query('select * from ' ~ relation) if execute else []) }}
{% endmacro %}
