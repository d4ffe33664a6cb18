{#
  Stops a run that cannot go on before the tables of all months are built again. The pipeline
  recognizes the error by its code (pipeline/warehouse/dbt_process.py), builds them and repeats the
  run.
#}
{% macro raise_rebuild_needed(reason) %}
    {%- do exceptions.raise_compiler_error('MOBILITY-REBUILD: ' ~ reason) -%}
{% endmacro %}
