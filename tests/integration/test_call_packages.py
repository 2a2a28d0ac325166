"""The services' own packages against our endpoints: Teler's connector brings a call in, Twilio's types read our TwiML."""
