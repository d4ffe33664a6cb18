{#
  A table of hours in UTC, in the column utc_hour, that belong to no file's month. The model selects
  the hours around the months to build (see replaced_hours), which replace those that the table has.
  A run of all months replaces all rows.
#}
{% materialization hourly, adapter='duckdb' %}
    {{ return(materialization_monthly_duckdb()) }}
{% endmaterialization %}

{#
  Spark cannot replace some rows of Parquet files in one step, and a killed run would lose the
  others. The table is small: it is written as a whole.
#}
{% materialization hourly, adapter='spark' %}
    {{ return(materialization_table_spark()) }}
{% endmaterialization %}
