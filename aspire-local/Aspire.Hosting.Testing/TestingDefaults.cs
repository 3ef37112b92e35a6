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
        // The weakest source of all: whatever the test's arguments, the environment or a settings file say, wins.
        settings.Configuration ??= new();
        settings.Configuration.AddInMemoryCollection([new(LocalSettings.RandomizePortsKey, "true"), new(LocalSettings.TemporaryVolumesKey, "true")]);
    }
}
