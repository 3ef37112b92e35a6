using SimulationManager.Tests;
using SimulationManager.Tests.EndToEnd;
using SimulationManager.Tests.Worker;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace SimulationManager.Tests;

/// <summary>The collections that take longest start first, so that the run does not end waiting for one of them alone.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    /// <summary>Their tests run one after another, and each starts many processes.</summary>
    private static readonly string[] _longest = [nameof(AppHostCollection), SurvivalCollection.Name];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(collection => _longest.Contains(collection.TestCollectionDisplayName) ? 0 : 1).ThenBy(_ => Random.Shared.Next())];
}
