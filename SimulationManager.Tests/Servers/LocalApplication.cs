using Aspire.Hosting;

namespace SimulationManager.Tests.Servers;

/// <summary>Aspire applications of tests.</summary>
internal static class LocalApplication
{
    /// <summary>
    /// An empty application whose backing servers are processes. The builder of Aspire.Hosting.Testing would need an AppHost as its
    /// caller, whose build says where the orchestrator is; here the one that is named says it.
    /// </summary>
    public static IDistributedApplicationBuilder CreateBuilder(params string[] args) => DistributedApplication.CreateBuilder(new DistributedApplicationOptions
    {
        Args = ["--LocalServers:Source=process", .. args],
        AssemblyName = "SimulationManager.AppHost",
        DisableDashboard = true,
    }).UseLocalServers();
}
