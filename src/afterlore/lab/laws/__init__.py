"""The laws that parts must obey: each measured on a rig, against what paper and pencil say."""
