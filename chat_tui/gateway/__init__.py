"""The only place that knows HTTP and the SDK: raw JSON in and out, one error tree."""
