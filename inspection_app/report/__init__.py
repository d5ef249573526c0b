"""Documents on paper: ``pdf.render_pdf`` sets a ``core.document.Document`` in type."""
