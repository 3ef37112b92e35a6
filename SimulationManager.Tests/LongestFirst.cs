using SimulationManager.Tests;
using SimulationManager.Tests.Console;
using SimulationManager.Tests.Worker;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace SimulationManager.Tests;

/// <summary>The collections that take longest start first, so that the run does not end waiting for one of them alone.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(collection => collection.TestCollectionDisplayName is SurvivalCollection.Name or ConsoleBrowser.Collection ? 0 : 1).ThenBy(_ => Random.Shared.Next())];
}
