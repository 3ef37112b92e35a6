namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>
/// A network of this test's own, with a namespace for each pod, so that every pod has the address, the ports and the names that it
/// has in a cluster. Nothing in it reaches beyond this machine.
/// </summary>
internal sealed class PodNetwork : IAsyncDisposable
{
    private static int s_networks;

    private readonly List<string> _namespaces = [];
    private readonly int _number = Interlocked.Increment(ref s_networks) % 256;

    /// <summary>Hosts are named in a file that <c>ip netns exec</c> lays over /etc/hosts.</summary>
    private string HostsOf(string pod) => $"/etc/netns/{NamespaceOf(pod)}";

    /// <summary>The pod's place in the network.</summary>
    public string NamespaceOf(string pod) => $"{PodBridge.Id}n{_number}-{pod}";

    public string AddressOf(int number) => PodBridge.AddressOf(_number, number);

    /// <summary>Adds a pod with an address, and tells it where services are.</summary>
    public async Task<string> AddAsync(string pod, int number, IReadOnlyDictionary<string, string> services)
    {
        await PodBridge.AddAsync(NamespaceOf(pod), _number, number);
        _namespaces.Add(NamespaceOf(pod));
        Directory.CreateDirectory(HostsOf(pod));
        await File.WriteAllLinesAsync(Path.Combine(HostsOf(pod), "hosts"), ["127.0.0.1 localhost", $"{AddressOf(number)} {pod}", .. services.Select(service => $"{service.Value} {service.Key}")]);
        return AddressOf(number);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var space in _namespaces)
        {
            await PodBridge.RemoveAsync(space);
            Directory.Delete($"/etc/netns/{space}", recursive: true);
        }
    }
}
