namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>What a test sets for one run of a script: variables of its environment, of which the fake tools read those that begin with <c>FAKE_</c> or <c>FAIL_</c>.</summary>
internal sealed class FakeSettings(params IEnumerable<(string Name, string Value)> settings)
{
    private readonly Dictionary<string, string> _values = settings.ToDictionary(setting => setting.Name, setting => setting.Value);

    public IEnumerable<KeyValuePair<string, string>> All => _values;

    public string Get(string name, string otherwise = "") => _values.GetValueOrDefault(name, otherwise);

    public bool Has(string name) => Get(name).Length > 0;

    public string[] Words(string name) => Get(name).Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Whether a call has the words that a setting wants refused.</summary>
    public bool Refuses(string name, string call) => Has(name) && call.Contains(Get(name), StringComparison.Ordinal);
}
