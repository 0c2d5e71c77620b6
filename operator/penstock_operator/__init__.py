"""The Kopf operator: turns Integrations and Instances into Flows, CronJobs and Secrets, and ends what nobody else can end."""
