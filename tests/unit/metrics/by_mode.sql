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
      metric_time__month
      , trip__trip_type
      , SUM(__total_trips) AS __total_trips
      , SUM(__rush_hour_trips) AS __rush_hour_trips
    FROM (
      SELECT
        DATE_TRUNC('month', pickup_datetime) AS metric_time__month
        , trip_type AS trip__trip_type
        , CASE WHEN not is_adjustment THEN 1 ELSE 0 END AS __total_trips
        , CASE WHEN not is_adjustment and is_rush_hour THEN 1 ELSE 0 END AS __rush_hour_trips
      FROM "nyc_mobility"."core"."trips_with_hour_attributes" trips_src_10000
    ) subq_3
    GROUP BY
      metric_time__month
      , trip__trip_type
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
        metric_time__month
        , trip__trip_type
        , SUM(__total_trips) AS __total_trips
        , SUM(__rush_hour_trips) AS __rush_hour_trips
      FROM (
        SELECT
          DATE_TRUNC('month', pickup_datetime) AS metric_time__month
          , trip_type AS trip__trip_type
          , CASE WHEN not is_adjustment THEN 1 ELSE 0 END AS __total_trips
          , CASE WHEN not is_adjustment and is_rush_hour THEN 1 ELSE 0 END AS __rush_hour_trips
        FROM "nyc_mobility"."core"."trips_with_hour_attributes" trips_src_10000
      ) subq_8
      GROUP BY
        metric_time__month
        , trip__trip_type
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
