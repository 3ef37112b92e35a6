using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SimulationManager.Core.Data.Migrations
{
    /// <inheritdoc />
    public partial class RunState : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<Guid>(
                name: "coordinator",
                table: "executions",
                type: "uuid",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "seek_epoch",
                table: "executions",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<TimeSpan>(
                name: "seek_position",
                table: "executions",
                type: "interval",
                nullable: false,
                defaultValue: new TimeSpan(0, 0, 0, 0, 0));

            migrationBuilder.AddColumn<long>(
                name: "state_version",
                table: "executions",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<bool>(
                name: "stop_requested",
                table: "executions",
                type: "boolean",
                nullable: false,
                defaultValue: false);

            migrationBuilder.AddColumn<int>(
                name: "agents",
                table: "execution_cohorts",
                type: "integer",
                nullable: false,
                defaultValue: 0);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "coordinator",
                table: "executions");

            migrationBuilder.DropColumn(
                name: "seek_epoch",
                table: "executions");

            migrationBuilder.DropColumn(
                name: "seek_position",
                table: "executions");

            migrationBuilder.DropColumn(
                name: "state_version",
                table: "executions");

            migrationBuilder.DropColumn(
                name: "stop_requested",
                table: "executions");

            migrationBuilder.DropColumn(
                name: "agents",
                table: "execution_cohorts");
        }
    }
}
