"""What was said: templates, e-mail, in-app notices, support tickets."""
