"""Where the clock of a session was found to be off, and by how much."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("meetings", "0005_speech_context"),
    ]

    operations = [
        migrations.AddField(
            model_name="audiosession",
            name="corrections",
            field=models.JSONField(blank=True, db_default=[], default=list, editable=False),
        ),
    ]
