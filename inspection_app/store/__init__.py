"""Every line of SQL, a file a subject; takes and gives core types. Rules and permissions are not in here."""
