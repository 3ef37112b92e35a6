using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Dashboard;

/// <summary>Knows which variables must not be shown unasked: those that hold a secret parameter's value, and those whose name says so.</summary>
internal sealed class SecretValues
{
    // Shorter values (a port, a user's initials) would hide half of the variables.
    private const int ShortestSecret = 5;
    private static readonly string[] TellingNames = ["PASSWORD", "SECRET", "TOKEN", "APIKEY", "API_KEY", "ACCESSKEY", "_KEY", "HEADERS", "CONNECTIONSTRINGS__", "CREDENTIAL"];
    private readonly HashSet<string> _values = new(StringComparer.Ordinal);
    private bool _isLoaded;

    public async Task LoadAsync(DistributedApplicationModel model, CancellationToken cancellationToken)
    {
        if (_isLoaded)
            return;
        var found = new HashSet<object>(ReferenceEqualityComparer.Instance);
        foreach (var resource in model.Resources)
            Collect(resource, found);
        foreach (var parameter in found.OfType<ParameterResource>().Where(parameter => parameter.Secret))
            Add(await parameter.GetValueAsync(cancellationToken));
        _isLoaded = true;
    }

    public bool IsSecret(string name, string? value)
    {
        if (string.IsNullOrEmpty(value))
            return false;
        if (Array.Exists(TellingNames, telling => name.Contains(telling, StringComparison.OrdinalIgnoreCase)))
            return true;
        if (Uri.TryCreate(value, UriKind.Absolute, out var address) && address.UserInfo.Contains(':', StringComparison.Ordinal))
            return true;
        lock (_values)
            return _values.Any(secret => value.Contains(secret, StringComparison.Ordinal));
    }

    // A generated password is no resource of the application, but part of some resource's connection string.
    private static void Collect(object value, HashSet<object> found)
    {
        if (!found.Add(value))
            return;
        if (value is IValueWithReferences { References: var references })
            foreach (var reference in references)
                Collect(reference, found);
        if (value is IResourceWithConnectionString resource)
            foreach (var (_, property) in resource.GetConnectionProperties())
                Collect(property, found);
    }

    private void Add(string? secret)
    {
        if (secret is not { Length: >= ShortestSecret })
            return;
        lock (_values)
        {
            _values.Add(secret);
            // As it stands in an address.
            _values.Add(Uri.EscapeDataString(secret));
        }
    }
}
