using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SimulationManager.Core.Data.Migrations
{
    /// <inheritdoc />
    public partial class RecordedAgents : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "record",
                table: "simulations",
                type: "jsonb",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "agent",
                table: "execution_recordings",
                type: "bigint",
                nullable: true);

            migrationBuilder.AddColumn<bool>(
                name: "is_last",
                table: "execution_recordings",
                type: "boolean",
                nullable: false,
                defaultValue: false);

            migrationBuilder.AddColumn<int>(
                name: "kind",
                table: "execution_recordings",
                type: "integer",
                nullable: false,
                defaultValue: 0);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "record",
                table: "simulations");

            migrationBuilder.DropColumn(
                name: "agent",
                table: "execution_recordings");

            migrationBuilder.DropColumn(
                name: "is_last",
                table: "execution_recordings");

            migrationBuilder.DropColumn(
                name: "kind",
                table: "execution_recordings");
        }
    }
}
