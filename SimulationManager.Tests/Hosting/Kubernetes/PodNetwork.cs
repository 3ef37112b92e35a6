using System.Net.NetworkInformation;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>
/// A network of this test's own, with a namespace for each pod, so that every pod has the address, the ports and the names that it
/// has in a cluster. Nothing in it reaches beyond this machine.
/// </summary>
internal sealed class PodNetwork : IAsyncDisposable
{
    private static int _networks;

    private readonly List<string> _namespaces = [];
    private readonly string _id;
    private readonly string _subnet;

    private PodNetwork()
    {
        var number = Interlocked.Increment(ref _networks);
        // Names of network devices are at most 15 characters long.
        _id = $"smt{Environment.ProcessId % 10000}n{number}";
        _subnet = FreeSubnet(Environment.ProcessId + number);
    }

    /// <summary>Hosts are named in a file that <c>ip netns exec</c> lays over /etc/hosts.</summary>
    private string HostsOf(string pod) => $"/etc/netns/{NamespaceOf(pod)}";

    public static bool IsPossible => Environment.UserName == "root" && (ChildProcess.IsOnPath("ip") || File.Exists("/usr/sbin/ip")) && ChildProcess.IsOnPath("setpriv");

    public static async Task<PodNetwork> CreateAsync()
    {
        var network = new PodNetwork();
        await RunAsync("link", "add", network._id, "type", "bridge");
        await RunAsync("addr", "add", $"{network._subnet}.1/24", "dev", network._id);
        await RunAsync("link", "set", network._id, "up");
        return network;
    }

    /// <summary>The pod's place in the network.</summary>
    public string NamespaceOf(string pod) => $"{_id}-{pod}";

    public string AddressOf(int number) => $"{_subnet}.{number}";

    /// <summary>Adds a pod with an address, and tells it where services are.</summary>
    public async Task<string> AddAsync(string pod, int number, IReadOnlyDictionary<string, string> services)
    {
        var space = NamespaceOf(pod);
        var (inside, outside) = ($"{_id}i{number}", $"{_id}o{number}");
        await RunAsync("netns", "add", space);
        _namespaces.Add(space);
        await RunAsync("link", "add", outside, "type", "veth", "peer", "name", inside);
        await RunAsync("link", "set", inside, "netns", space);
        await RunAsync("link", "set", outside, "master", _id, "up");
        await RunAsync("-n", space, "addr", "add", $"{AddressOf(number)}/24", "dev", inside);
        await RunAsync("-n", space, "link", "set", inside, "up");
        await RunAsync("-n", space, "link", "set", "lo", "up");
        Directory.CreateDirectory(HostsOf(pod));
        await File.WriteAllLinesAsync(Path.Combine(HostsOf(pod), "hosts"), ["127.0.0.1 localhost", $"{AddressOf(number)} {pod}", .. services.Select(service => $"{service.Value} {service.Key}")]);
        return AddressOf(number);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var space in _namespaces)
        {
            await RunAsync("netns", "del", space);
            Directory.Delete($"/etc/netns/{space}", recursive: true);
        }

        await RunAsync("link", "del", _id);
    }

    /// <summary>One that no network has which another run has now, or left when it was killed.</summary>
    private static string FreeSubnet(int first)
    {
        var taken = NetworkInterface.GetAllNetworkInterfaces().SelectMany(device => device.GetIPProperties().UnicastAddresses).Select(address => address.Address.ToString()).ToHashSet();
        return Enumerable.Range(first, 250).Select(number => $"10.213.{number % 250}").First(subnet => !taken.Contains($"{subnet}.1"));
    }

    private static async Task RunAsync(params string[] arguments)
    {
        var result = await ChildProcess.RunAsync("ip", arguments);
        if (result.ExitCode != 0) throw new InvalidOperationException($"ip {string.Join(' ', arguments)}: {result.Errors}");
    }
}
