using ArchUnitNET.Domain;
using ArchUnitNET.Fluent.Slices;
using ArchUnitNET.Loader;
using SimulationManager.Api.Contract;

namespace SimulationManager.Tests.Api;

/// <summary>Which of the API's folders may use which; a folder is a namespace.</summary>
public class ArchitectureTests
{
    private const string Root = "SimulationManager.Api";

    /// <summary>What features are built on: it knows none of them.</summary>
    private static readonly string[] Plumbing = [$"{Root}.Contract", $"{Root}.Hosting", $"{Root}.OpenApi", $"{Root}.Telemetry"];

    private static readonly Architecture Api = new ArchLoader().LoadAssembly(typeof(Messages).Assembly).Build();

    [Fact]
    public void Folders_do_not_depend_on_each_other_in_circles()
    {
        var slices = SliceRuleDefinition.Slices().Matching($"{Root}.(*)");

        Assert.True(slices.GetObjects(Api).Count() > 10);
        Assert.Empty(slices.Should().BeFreeOfCycles().Evaluate(Api).Where(result => !result.Passed).Select(result => result.Description));
    }

    [Fact]
    public void Plumbing_does_not_depend_on_features() =>
        Assert.Empty(Dependencies().Where(use => Plumbing.Contains(use.From) && !Plumbing.Contains(use.To)).Select(use => use.Text));

    /// <summary>The root lists the features; one that used it would use them all.</summary>
    [Fact]
    public void No_folder_depends_on_the_root() =>
        Assert.Empty(Dependencies().Where(use => use.From != Root && use.To == Root).Select(use => use.Text));

    private static IEnumerable<(string From, string To, string Text)> Dependencies() =>
        from type in Api.Types
        where FolderOf(type) is not null
        from target in type.Dependencies.Select(dependency => dependency.Target).Distinct()
        where FolderOf(target) is not null
        select (FolderOf(type)!, FolderOf(target)!, $"{type.FullName} uses {target.FullName}");

    /// <summary>A type's namespace; null for one that is not the Api's.</summary>
    private static string? FolderOf(IType type) =>
        type.Namespace?.FullName is { } name && (name == Root || name.StartsWith($"{Root}.", StringComparison.Ordinal)) ? name : null;
}
