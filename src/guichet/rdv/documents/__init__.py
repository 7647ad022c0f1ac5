"""What a customer keeps of an appointment: the ticket as PDF, the calendar event, the code to show on arrival."""
