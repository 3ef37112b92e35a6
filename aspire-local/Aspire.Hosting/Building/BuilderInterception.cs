using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>
/// What a test does to the AppHost whose entry point it runs. It travels with the flow of execution, so that tests
/// that run side by side each meet only their own AppHost.
/// </summary>
internal interface IBuilderInterceptor
{
    void OnConstructing(DistributedApplicationOptions options, HostApplicationBuilderSettings settings);

    /// <summary>Called by the entry point's <c>Build()</c>; blocks the entry point until the test has made its changes.</summary>
    void OnBuilding(DistributedApplicationBuilder builder);

    void OnBuilt(DistributedApplication application);
}

internal static class BuilderInterception
{
    private static readonly AsyncLocal<IBuilderInterceptor?> CurrentInterceptor = new();

    public static IBuilderInterceptor? Current
    {
        get => CurrentInterceptor.Value;
        set => CurrentInterceptor.Value = value;
    }
}
