using System.Net.NetworkInformation;
using SimulationManager.Tests.Hosting.Kubernetes;

[assembly: AssemblyFixture(typeof(PodBridge))]

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>
/// The one link between this machine and the pods' networks, made before the first test and removed after the last one. Pods come and go behind it: browsers end all
/// their requests when an interface of their machine does, and other tests have pages open.
/// </summary>
public sealed class PodBridge : IAsyncLifetime
{
    /// <summary>In a namespace of its own, the name needs to be unique only there.</summary>
    private const string Bridge = "pods";

    private static string? s_id;
    private static string? s_subnet;

    /// <summary>Whether this user may make networks here.</summary>
    internal static bool IsPossible { get; } =
        Environment.UserName == "root" && (ChildProcess.IsOnPath("ip") || File.Exists("/usr/sbin/ip")) && ChildProcess.IsOnPath("setpriv");

    /// <summary>Begins the names of what belongs to this run's pods.</summary>
    internal static string Id => s_id ?? throw new InvalidOperationException("There is no bridge yet, or no right to make one.");

    public async ValueTask InitializeAsync()
    {
        if (!IsPossible) return;
        // Names of network devices are at most 15 characters long.
        var id = $"smt{Environment.ProcessId}";
        s_subnet = FreeSubnet(Environment.ProcessId);
        await RunAsync("netns", "add", id);
        s_id = id;
        await RunAsync("-n", id, "link", "add", Bridge, "type", "bridge");
        await RunAsync("-n", id, "link", "set", Bridge, "up");
        await RunAsync("link", "add", id, "type", "veth", "peer", "name", $"{id}p", "netns", id);
        await RunAsync("-n", id, "link", "set", $"{id}p", "master", Bridge, "up");
        await RunAsync("addr", "add", $"{s_subnet}.0.1/16", "dev", id);
        await RunAsync("link", "set", id, "up");
    }

    /// <summary>The link goes with its other end, which is in the namespace.</summary>
    public async ValueTask DisposeAsync()
    {
        if (s_id is not null) await RunAsync("netns", "del", s_id);
    }

    /// <summary>An address of a pod.</summary>
    /// <param name="network">The pod's network, 0–255.</param>
    /// <param name="number">The pod in it, 2–254.</param>
    internal static string AddressOf(int network, int number) => $"{s_subnet}.{network}.{number}";

    /// <summary>Adds a namespace with an address.</summary>
    internal static async Task AddAsync(string space, int network, int number)
    {
        var (inside, outside) = ("eth0", $"n{network}i{number}");
        await RunAsync("netns", "add", space);
        await RunAsync("-n", Id, "link", "add", outside, "type", "veth", "peer", "name", inside, "netns", space);
        await RunAsync("-n", Id, "link", "set", outside, "master", Bridge, "up");
        await RunAsync("-n", space, "addr", "add", $"{AddressOf(network, number)}/16", "dev", inside);
        await RunAsync("-n", space, "link", "set", inside, "up");
        await RunAsync("-n", space, "link", "set", "lo", "up");
    }

    internal static Task RemoveAsync(string space) => RunAsync("netns", "del", space);

    /// <summary>One that no other run has, and none that was killed has left.</summary>
    private static string FreeSubnet(int first)
    {
        var taken = NetworkInterface.GetAllNetworkInterfaces().SelectMany(device => device.GetIPProperties().UnicastAddresses).Select(address => address.Address.ToString()).ToArray();
        return Enumerable.Range(0, 100).Select(number => $"10.{150 + ((first + number) % 100)}").First(subnet => !taken.Any(address => address.StartsWith($"{subnet}.", StringComparison.Ordinal)));
    }

    private static async Task RunAsync(params string[] arguments)
    {
        var result = await ChildProcess.RunAsync("ip", arguments, environment: null, workingFolder: "/");
        if (result.ExitCode != 0) throw new InvalidOperationException($"ip {string.Join(' ', arguments)}: {result.Errors}");
    }
}
