using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>
/// What is different in a test: nothing is shown on the console, every port is a free one, and volumes end with the test;
/// each of them unless the test's arguments say otherwise.
/// </summary>
internal static class TestingDefaults
{
    public static void Apply(DistributedApplicationOptions options, HostApplicationBuilderSettings settings, Assembly? appHost, string[] args)
    {
        options.Args = [.. options.Args ?? [], .. args];
        settings.Args = options.Args;
        options.DisableDashboard = true;
        options.EnableResourceLogging = true;
        if (appHost is not null)
        {
            options.AssemblyName = appHost.GetName().Name;
            settings.ApplicationName = appHost.GetName().Name;
        }
        settings.Configuration ??= new();
        var given = new ConfigurationBuilder().AddCommandLine(options.Args).Build();
        foreach (var key in (string[])[LocalSettings.RandomizePortsKey, LocalSettings.TemporaryVolumesKey])
            settings.Configuration[key] = given[key] ?? settings.Configuration[key] ?? "true";
    }
}
