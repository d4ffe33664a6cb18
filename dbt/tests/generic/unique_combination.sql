{# Rows that share what is to be unique together. #}
{% test unique_combination(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as repeated

from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
