using Microsoft.AspNetCore.Components;
using SimulationManager.Console.Preferences;

namespace SimulationManager.Console.Components;

/// <summary>Filters of a list: they are in the page's address, and the last ones are remembered in this browser.</summary>
/// <param name="navigation">The page's address.</param>
/// <param name="preferences">What the browser remembers.</param>
/// <param name="list">Names the list.</param>
/// <param name="names">The filters, as the address spells them.</param>
internal sealed class ListFilters(NavigationManager navigation, UserPreferences preferences, string list, params string[] names)
{
    private const string Page = "page";

    private string Remembered => $"filters.{list}";

    /// <summary>An address without filters shows those of the last visit; one with filters is what somebody has sent or kept.</summary>
    public void Restore()
    {
        if (QueryOf(navigation.Uri).Count == 0 && preferences.Read(Remembered) is ['?', _, ..] query)
            navigation.NavigateTo(navigation.GetUriWithQueryParameters(QueryOf(new Uri(new Uri(navigation.BaseUri), query).ToString()).ToDictionary(one => one.Key, one => (object?)one.Value)), replace: true);
    }

    /// <summary>Sets one filter and shows the first page; blank: shows all.</summary>
    public void Set(string name, string? value) => GoTo(new Dictionary<string, object?> { [name] = string.IsNullOrEmpty(value) ? null : value });

    /// <summary>Shows all.</summary>
    public void Clear() => GoTo(names.ToDictionary(name => name, _ => (object?)null));

    /// <summary>Shows another page under the same filters.</summary>
    public void ShowPage(int page) => navigation.NavigateTo(navigation.GetUriWithQueryParameter(Page, page));

    private void GoTo(Dictionary<string, object?> change)
    {
        change[Page] = null;
        var address = navigation.GetUriWithQueryParameters(change);
        var filters = QueryOf(address);
        preferences.Write(Remembered, filters.Count == 0 ? null : "?" + string.Join('&', filters.Select(one => $"{one.Key}={Uri.EscapeDataString(one.Value)}")));
        navigation.NavigateTo(address);
    }

    /// <summary>The filters that an address has.</summary>
    private Dictionary<string, string> QueryOf(string address) => new Uri(address).Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
        .Select(pair => pair.Split('=', 2)).Where(pair => pair.Length == 2 && names.Contains(pair[0]))
        .DistinctBy(pair => pair[0]).ToDictionary(pair => pair[0], pair => Uri.UnescapeDataString(pair[1].Replace('+', ' ')));
}
