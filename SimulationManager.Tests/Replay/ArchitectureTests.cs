using System.Reflection;
using SimulationManager.Replay;

namespace SimulationManager.Tests.Replay;

/// <summary>What the replay library is built on: it is used without a cluster, database, web server or object storage.</summary>
public class ArchitectureTests
{
    private static readonly string[] s_foreign =
        ["Orleans", "Microsoft.Orleans", "Microsoft.EntityFrameworkCore", "Npgsql", "Microsoft.AspNetCore", "Minio", "StackExchange.Redis", "Aspire", "KubernetesClient"];

    private static readonly Assembly s_replay = typeof(ReplayEngine).Assembly;

    [Fact]
    public void The_library_uses_bags_messages_logging_and_MQTT_only() => Assert.Equal(
        ["MQTTnet", "Microsoft.Extensions.Logging.Abstractions", "SimulationManager.RosMessages", "SimulationManager.Rosbag2"],
        References(s_replay).Where(name => !IsRuntime(name)).Order(StringComparer.Ordinal));

    [Fact]
    public void Nothing_that_it_reaches_is_of_the_system_around_it()
    {
        var reached = new HashSet<string>(StringComparer.Ordinal);
        var left = new Queue<Assembly>([s_replay]);
        while (left.TryDequeue(out var assembly))
        {
            foreach (var name in References(assembly).Where(name => !IsRuntime(name) && reached.Add(name))) left.Enqueue(Assembly.Load(name));
        }

        Assert.Contains("YamlDotNet", reached);
        Assert.DoesNotContain(reached, name => s_foreign.Any(foreign => name == foreign || name.StartsWith($"{foreign}.", StringComparison.Ordinal)));
        Assert.Equal(
            ["SimulationManager.RosMessages", "SimulationManager.Rosbag2"],
            reached.Where(name => name.StartsWith("SimulationManager.", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> References(Assembly assembly) => assembly.GetReferencedAssemblies().Select(reference => reference.Name!);

    private static bool IsRuntime(string name) =>
        name is "netstandard" or "mscorlib" or "System" || name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("Microsoft.Win32.", StringComparison.Ordinal);
}
