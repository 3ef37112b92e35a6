// Starts the console in the language of its page.
Blazor.start({ applicationCulture: startPage.language });
