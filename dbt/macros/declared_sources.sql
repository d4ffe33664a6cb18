{#
  The sources that config/sources/ declares, each with its name, trip_type (empty for a source
  without trips), staging_model and is_static (whether one file serves all months).

  They come as JSON in the environment variable MOBILITY_DECLARED_SOURCES, which the pipeline sets
  for every command of dbt. If it changes, dbt parses only the files that use it again.
#}
{% macro declared_sources() %}
    {{ return(fromjson(env_var('MOBILITY_DECLARED_SOURCES'))) }}
{% endmacro %}
