"""The cloud side on AWS: templates, and what packs for them."""
