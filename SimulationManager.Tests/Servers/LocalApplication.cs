using Aspire.Hosting;
using Aspire.Hosting.Testing;

namespace SimulationManager.Tests.Servers;

/// <summary>Aspire applications of tests.</summary>
internal static class LocalApplication
{
    /// <summary>An empty application whose backing servers are processes, orchestrated by what came with the AppHost's build.</summary>
    public static IDistributedApplicationTestingBuilder CreateBuilder(params string[] args)
    {
        var builder = DistributedApplicationTestingBuilder.Create(["--LocalServers:Source=process", .. args], (options, _) => options.AssemblyName = "SimulationManager.AppHost");
        builder.UseLocalServers();
        return builder;
    }
}
