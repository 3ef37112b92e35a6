using System.Text.Json;
using Microsoft.JSInterop;
using SimulationManager.Console.Api;
using SimulationManager.Console.Pages;

namespace SimulationManager.Console.Sessions;

/// <summary>What was in the form that the page shows until the console is there.</summary>
/// <param name="Problem">Why the last attempt failed; empty when there was none.</param>
/// <param name="Focused">Id of the element that has the focus; empty: none of the form.</param>
/// <param name="IsSubmitted">Whether the form was submitted when the page could no longer sign in itself.</param>
public sealed record StartForm(string Email, string Password, string Problem, string Focused, bool IsSubmitted);

/// <summary>What the page has done while the console was loaded (start-page.js): a visitor may be signed in already, or be typing.</summary>
public sealed class StartPage(IJSRuntime script)
{
    private StartForm? _form;
    private string? _focus;
    private bool _isTaken;

    /// <summary>Waits for a session that the page looks for or a sign-in under way; null when nobody is signed in.</summary>
    public async Task<SignInAnswer?> SessionAsync() =>
        await script.InvokeAsync<string?>("startPage.session") is { } json ? JsonSerializer.Deserialize(json, ConsoleJson.Default.SignInAnswer) : null;

    /// <summary>Selector of what gets the focus when a page is opened: its heading, or the field of the form that the visitor was in.</summary>
    public string FocusAt(Type page)
    {
        if (!_isTaken) TakeForm();
        if (page != typeof(SignIn)) _focus = null;
        return _focus ?? "h1";
    }

    /// <summary>What was typed in the form, the first time.</summary>
    public StartForm? Typed()
    {
        var form = _form;
        _form = null;
        return form;
    }

    /// <summary>From here on the first page is rendered without a pause: nothing more is typed before it replaces the form.</summary>
    private void TakeForm()
    {
        _isTaken = true;
        if (((IJSInProcessRuntime)script).Invoke<string?>("startPage.takeForm") is not { } json) return;
        _form = JsonSerializer.Deserialize(json, ConsoleJson.Default.StartForm);
        if (_form is { Focused.Length: > 0 }) _focus = $"#{_form.Focused}";
    }
}
