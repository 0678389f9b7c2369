"""Tools a model may call: off until configured, each call approved by a rule or a person."""
