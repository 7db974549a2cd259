"""Server-rendered pages of the app. surface: taking exams, dashboards, classes, children's results."""
