"""Demo data: question banks and the people, classes and attempts that are seeded from them."""
