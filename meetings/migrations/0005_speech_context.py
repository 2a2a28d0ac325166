"""What was said last in a session, which a replay needs again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("meetings", "0004_languages"),
    ]

    operations = [
        migrations.AddField(
            model_name="audiosession",
            name="context",
            field=models.JSONField(blank=True, default=None, editable=False, null=True),
        ),
    ]
