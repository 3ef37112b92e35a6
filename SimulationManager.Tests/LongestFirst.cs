using SimulationManager.Tests;
using SimulationManager.Tests.Worker;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace SimulationManager.Tests;

/// <summary>The collection that takes longest starts first, so that the run does not end waiting for it alone.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(collection => collection.TestCollectionDisplayName == SurvivalCollection.Name ? 0 : 1).ThenBy(_ => Random.Shared.Next())];
}
