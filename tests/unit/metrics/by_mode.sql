SELECT
  COALESCE(subq_5.metric_time__month, subq_11.metric_time__month) AS metric_time__month
  , COALESCE(subq_5.trip__trip_type, subq_11.trip__trip_type) AS trip__trip_type
  , COALESCE(MAX(subq_5.total_trips), 0) AS total_trips
  , MAX(subq_11.rush_hour_trip_rate) AS rush_hour_trip_rate
  , COALESCE(MAX(subq_5.rush_hour_trips), 0) AS rush_hour_trips
FROM (
  SELECT
    metric_time__month
    , trip__trip_type
    , COALESCE(__total_trips, 0) AS total_trips
    , COALESCE(__rush_hour_trips, 0) AS rush_hour_trips
  FROM (
    SELECT
      DATE_TRUNC('month', pickup_datetime) AS metric_time__month
      , trip_type AS trip__trip_type
      , SUM(total_trips) AS __total_trips
      , SUM(rush_hour_trips) AS __rush_hour_trips
    FROM "nyc_mobility"."core"."by_hour_and_zone" by_hour_and_zone_src_10000
    GROUP BY
      DATE_TRUNC('month', pickup_datetime)
      , trip_type
  ) subq_4
) subq_5
FULL OUTER JOIN (
  SELECT
    metric_time__month
    , trip__trip_type
    , 100 * rush_hour_trips / total_trips AS rush_hour_trip_rate
  FROM (
    SELECT
      metric_time__month
      , trip__trip_type
      , COALESCE(__rush_hour_trips, 0) AS rush_hour_trips
      , COALESCE(__total_trips, 0) AS total_trips
    FROM (
      SELECT
        DATE_TRUNC('month', pickup_datetime) AS metric_time__month
        , trip_type AS trip__trip_type
        , SUM(total_trips) AS __total_trips
        , SUM(rush_hour_trips) AS __rush_hour_trips
      FROM "nyc_mobility"."core"."by_hour_and_zone" by_hour_and_zone_src_10000
      GROUP BY
        DATE_TRUNC('month', pickup_datetime)
        , trip_type
    ) subq_9
  ) subq_10
) subq_11
ON
  (
    subq_5.trip__trip_type = subq_11.trip__trip_type
  ) AND (
    subq_5.metric_time__month = subq_11.metric_time__month
  )
GROUP BY
  COALESCE(subq_5.metric_time__month, subq_11.metric_time__month)
  , COALESCE(subq_5.trip__trip_type, subq_11.trip__trip_type)
