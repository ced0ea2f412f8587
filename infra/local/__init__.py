"""The local stack: Airflow, Dask and an S3 store on one machine, loopback only."""
