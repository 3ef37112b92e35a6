using Aspire.Hosting.Dashboard.Localization;
using Microsoft.Extensions.Localization;

namespace Aspire.Hosting.Dashboard.Components;

internal static class StateTexts
{
    /// <summary>A resource's state in the reader's language; a state that has no translation as it is.</summary>
    public static string State(this IStringLocalizer<Texts> texts, ResourceView resource)
    {
        if (resource.State is null)
            return texts["State.Unknown"];
        var known = texts["State." + resource.State];
        return known.ResourceNotFound ? resource.State : known;
    }
}
