"""Pages in Airflow's web interface: Data Docs and funnels, read from the store."""
