using Aspire.Hosting;

namespace SimulationManager.Tests.Servers;

/// <summary>Aspire applications of tests.</summary>
internal static class LocalApplication
{
    /// <summary>Given, so that none is generated: those are kept in the user secrets of whoever runs the tests.</summary>
    public static IReadOnlyList<string> Passwords { get; } =
        ["--Parameters:postgres-password=tests-1", "--Parameters:redis-password=tests-2", "--Parameters:minio-rootPassword=tests-3-tests", "--Parameters:demo-password=tests-4-tests"];

    /// <summary>
    /// An empty application whose backing servers are processes. The builder of Aspire.Hosting.Testing would need an AppHost as its
    /// caller, whose build says where the orchestrator is; here the one that is named says it.
    /// </summary>
    public static IDistributedApplicationBuilder CreateBuilder(params string[] args) => DistributedApplication.CreateBuilder(new DistributedApplicationOptions
    {
        Args = ["--LocalServers:Source=process", .. Passwords, .. args],
        AssemblyName = "SimulationManager.AppHost",
        DisableDashboard = true,
    }).UseLocalServers();
}
