"""Will this flight be 15 minutes late, from what is known before it departs?"""
