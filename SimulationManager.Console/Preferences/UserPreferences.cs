using Microsoft.JSInterop;

namespace SimulationManager.Console.Preferences;

/// <summary>Which colours are shown.</summary>
public enum ThemeChoice
{
    System,
    Light,
    Dark,
}

/// <summary>What this browser remembers: theme, language, filters. Browsers that store nothing get the defaults.</summary>
public sealed class UserPreferences(IJSRuntime script)
{
    private readonly IJSInProcessRuntime _script = (IJSInProcessRuntime)script;

    public ThemeChoice Theme
    {
        get => Read("theme") switch { "dark" => ThemeChoice.Dark, "light" => ThemeChoice.Light, _ => ThemeChoice.System };
        set => Write("theme", value switch { ThemeChoice.Dark => "dark", ThemeChoice.Light => "light", _ => null });
    }

    /// <summary><c>en</c> or <c>ko</c>; null: as the browser says. Takes effect with the next load of the page.</summary>
    public string? Language
    {
        get => Read("language");
        set => Write("language", value);
    }

    /// <summary>The language that the start script has chosen.</summary>
    public static string LanguageOf(IJSRuntime script) =>
        ((IJSInProcessRuntime)script).Invoke<string>("document.documentElement.getAttribute", "lang") == "ko" ? "ko" : "en";

    public string? Read(string name)
    {
        try
        {
            return _script.Invoke<string?>("localStorage.getItem", KeyOf(name));
        }
        catch (JSException)
        {
            return null;
        }
    }

    /// <summary>Remembers a value; null forgets it.</summary>
    public void Write(string name, string? value)
    {
        try
        {
            if (value is null) _script.InvokeVoid("localStorage.removeItem", KeyOf(name));
            else _script.InvokeVoid("localStorage.setItem", KeyOf(name), value);
        }
        catch (JSException)
        {
            // It holds for this visit only.
        }
    }

    private static string KeyOf(string name) => $"console.{name}";
}
